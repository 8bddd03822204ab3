/* The page of somebody who has tried too often. Without this script it says how long to wait. */

import { countDown } from './countdown.js';

const says = /** @type {HTMLElement} */ (document.querySelector('[data-wait]'));
// The way back is open all the time.
const way = /** @type {HTMLElement | null} */ (document.querySelector('[data-next="try-again"] .way-on'));
countDown(says, way, Number((says.querySelector('span') || says).textContent));
