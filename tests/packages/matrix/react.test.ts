import { rows } from '../harness/rows.js';
import { react } from '../places/react.js';

rows(react);
