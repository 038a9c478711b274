import { rows } from '../harness/rows.js';
import { vite } from '../places/vite.js';

rows(vite);
