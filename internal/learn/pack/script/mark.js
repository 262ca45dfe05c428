import { mark } from './mark.js';
