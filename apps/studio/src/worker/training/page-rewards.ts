// Rewards that the page computes: only a page can open the sandbox in which they run.

import type { RatedText, Ratings } from "../../protocol/run.ts";

/** All texts of one moment go to the page as one message. */
export class PageRewards {
  #texts: RatedText[] = [];
  #values: Promise<readonly number[]> | undefined;
  #answer: ((ratings: Ratings) => void) | undefined;

  constructor(private readonly send: (texts: readonly RatedText[]) => void) {}

  /** Rejects with the problem that the page reports. */
  async rate(text: RatedText): Promise<number> {
    const index = this.#texts.push(text) - 1;
    this.#values ??= new Promise((resolve, reject) => {
      setTimeout(() => {
        const texts = this.#texts;
        [this.#texts, this.#values] = [[], undefined];
        this.#answer = ({ values, problem }) => (values ? resolve(values) : reject(new Error(problem)));
        this.send(texts);
      });
    });
    return (await this.#values)[index] ?? Number.NaN;
  }

  take(ratings: Ratings): void {
    this.#answer?.(ratings);
  }
}
