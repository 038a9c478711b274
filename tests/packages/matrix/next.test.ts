import { rows } from '../harness/rows.js';
import { next } from '../places/next.js';

rows(next);
