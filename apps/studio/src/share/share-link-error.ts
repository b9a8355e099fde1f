import { LowrankError } from "@lowrank/contracts";

const reasons = {
  damaged: "it is damaged, perhaps because a part was lost when it was copied. Ask for it again.",
  newer: "it has a form that this page does not know. Reload the page, in case that it is an old one.",
  "too-large": "it is too long. Share fewer or shorter rows, or download them as a file.",
};

export type ShareProblem = keyof typeof reasons;

/** A link that cannot be made or read. Views say it in the person's language, by `problem`. */
export class ShareLinkError extends LowrankError {
  constructor(
    readonly problem: ShareProblem,
    options?: { readonly cause?: unknown },
  ) {
    super("SHARE_LINK", `The link does not work: ${reasons[problem]}`, options);
  }
}
