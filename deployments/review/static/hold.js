// Keep one's hold on a document while somebody works on it: a page that is left open does not keep it for ever.
import { call } from './api.js';

const BEAT = 60000; // ms
const AWAY = 5 * BEAT; // without a key, a click or a scroll

export function keepHold(turn, { lost, idle, back }) {
  let seen = Date.now();
  let away = false;
  let over = false;

  async function beat() {
    try {
      await call('POST /api/turns/{turn_id}/heartbeat', { turn_id: turn });
    } catch (error) { // without a connection the next one tries again
      if (error.status === 409) { over = true; lost(error); }
    }
  }

  function here() {
    seen = Date.now();
    if (!away || over) return;
    away = false;
    back();
    beat(); // somebody else may have it by now
  }

  for (const kind of ['keydown', 'pointerdown', 'wheel', 'scroll']) {
    addEventListener(kind, here, { passive: true, capture: true });
  }
  setInterval(() => {
    if (over || away) return;
    if (Date.now() - seen < AWAY) { beat(); return; }
    away = true;
    idle();
  }, BEAT);
}
