// The one error that leaves this verifier.

/** Why a file proves nothing, in a sentence for the person who asks. */
export class NotProven extends Error {
  constructor(sentence) {
    super(sentence);
    this.name = 'NotProven';
  }
}

/** Goes on only if something holds. */
export function ensure(holds, sentence) {
  if (!holds) {
    throw new NotProven(sentence);
  }
}
