// When a run has lost its way. The rule: five steps in a row whose loss is above three times the best smoothed loss – though
// not while it is below what the run began with, where a small loss may jump and come back –, or above one and a half times
// what it began with. A loss that is not finite ends a run at once.

const patience = 5;
/**
 * The higher loss of the first two steps is what the run began with: one batch alone may have been an easy one. The second is
 * the base's too, as a warm-up's first step has the rate 0.
 */
const beginning = 2;
/** Of the new loss in the smoothed one. */
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
