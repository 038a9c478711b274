import { rows } from '../harness/rows.js';
import { typescript } from '../places/typescript.js';

rows(typescript);
