// A loss without the ups and downs of single batches.

/** How much of the mean a new value does not replace. */
const kept = 0.9;

/**
 * The mean over the values so far, those of some ten steps ago a third as heavy as the last; as TensorBoard smooths, so that the first
 * value counts no more than it should.
 */
export class SmoothedLoss {
  #sum = 0;
  #weight = 0;

  /** Takes the next value in and gives the mean; one that is not finite is passed over. */
  add(value: number): number {
    if (Number.isFinite(value)) {
      this.#sum = this.#sum * kept + value * (1 - kept);
      this.#weight = this.#weight * kept + (1 - kept);
    }
    return this.value;
  }

  /** NaN as long as there was none. */
  get value(): number {
    return this.#sum / this.#weight;
  }
}
