/* The page of somebody who has tried too often. Without this script it says how long to wait. */

import { countDown } from './countdown.js';

const says = /** @type {HTMLElement} */ (document.querySelector('[data-wait]'));
const way = /** @type {HTMLElement | null} */ (document.querySelector('.way-on'));
if (way) countDown(says, way, Number((says.querySelector('span') || says).textContent));
