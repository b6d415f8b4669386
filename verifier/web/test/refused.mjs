// Tells whether something is refused as it should be.

import assert from 'node:assert/strict';

import { NotProven } from '../src/errors.js';

export function refused(action, sentence, what) {
  assert.throws(
    action,
    (error) => {
      assert.ok(error instanceof NotProven, `${what ?? sentence}: ${error.stack}`);
      assert.match(error.message, sentence, what);
      return true;
    },
    what,
  );
}
