// When a run has diverged: five steps in a row have a loss above three times the best smoothed loss, or above one and a half times the
// first loss. A loss below the first loss never counts, because a small loss may jump and come back. A loss that is not finite ends a
// run at once.

const patience = 5;
/**
 * The first loss is the higher one of the first two steps, because one batch alone may have been easy. With a warm-up, the second is
 * also the base's, because the first step has the rate 0.
 */
const beginning = 2;
/** The weight of a new loss in the smoothed loss. */
const weight = 0.2;

export class Divergence {
  #steps = 0;
  #first = 0;
  #smoothed: number | undefined;
  #best = Number.POSITIVE_INFINITY;
  #above = 0;

  /** Takes the loss of the next step. */
  add(loss: number): void {
    this.#steps += 1;
    if (this.#steps <= beginning) this.#first = Math.max(this.#first, loss);
    const limit = Math.max(this.#first, Math.min(3 * this.#best, 1.5 * this.#first));
    this.#above = this.#steps > beginning && loss > limit ? this.#above + 1 : 0;
    this.#smoothed = this.#smoothed === undefined ? loss : (1 - weight) * this.#smoothed + weight * loss;
    this.#best = Math.min(this.#best, this.#smoothed);
  }

  get isDiverged(): boolean {
    return this.#above >= patience;
  }

  /** The smoothed loss after the last step. */
  get smoothed(): number {
    return this.#smoothed ?? Number.POSITIVE_INFINITY;
  }
}
