// What an export of a document holds, for who sees no more than that.
import { call, problem } from './api.js';
import { drawPreview } from './preview.js';

const place = document.getElementById('preview');
call('GET /api/items/{item_id}/preview/view', { item_id: place.dataset.item })
  .then((answer) => drawPreview(answer, place, document.getElementById('sha')))
  .catch((error) => problem(error.message));
