import { rows } from '../harness/rows.js';
import { pages } from '../places/pages.js';

rows(pages);
