// The call by which the page answers the ratings that a run requested.

import type { Answerer } from "../answerer.ts";

export const rated: Answerer<"rated"> = async ({ rewards }, ratings) => {
  rewards?.take(ratings);
  return undefined;
};
