import { rows } from '../harness/rows.js';
import { programs } from '../places/programs.js';

rows(programs);
