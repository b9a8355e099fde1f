// The base model alone: its answer is its last hidden states.

import { ModelInputError } from "../errors.ts";
import type { Head } from "./head.ts";

export const noHead: Head = {
  forward: (hidden) => hidden,
  losses: () => {
    throw new ModelInputError("labels", "a model without a head has no loss; load it with a task");
  },
};
