import { rows } from '../harness/rows.js';
import { bundlers } from '../places/bundlers.js';

rows(bundlers);
