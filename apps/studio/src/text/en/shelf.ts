// The shelf of adapters.

import type { ShelfEntry } from "../../protocol/shelf.ts";

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;

const origins: Readonly<Record<ShelfEntry["origin"], string>> = {
  trained: "trained here",
  dropped: "brought in",
  mixed: "mixed",
  copied: "a copy",
};

/** What happened, and what to do about it, by the code of the error. Others are told by their own message. */
const failures: Readonly<Record<string, string>> = {
  ADAPTER_FOR_ANOTHER_BASE: "This adapter was made for another model. Open that model first, then bring it in again.",
  ADAPTER_MISMATCH: "This adapter does not fit the open model: it changes layers that this model does not have.",
  STORAGE_FULL:
    "The browser has no room left for it. Delete adapters that you no longer need, or free space on the disk.",
  NOT_ON_SHELF: "This adapter is gone: it was deleted, perhaps in another tab.",
  PICKLE_WEIGHTS:
    "Its weights are a Python pickle, which can run code when opened, so it is not read. Save it with PEFT's save_pretrained again.",
  UNCOMBINABLE_ADAPTER: "These two cannot be summed: one of them is more than a plain LoRA adapter (DoRA, say).",
};

export const shelf = {
  title: "Your adapters",
  lead: "Each is a small file of what was taught. The chosen one answers in the conversation.",
  empty: "Nothing here yet. Teach the model something, or bring an adapter in.",
  list: "Which adapter is used",
  name: "Name of the adapter",
  facts: ({ rank, bytes, origin }: ShelfEntry) => `rank ${rank} · ${megabytes(bytes)} · ${origins[origin]}`,
  made: (when: number) => new Date(when).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" }),
  otherModel: (model: string) => `for ${model}, which is not open`,
  copy: "Copy",
  copyOf: (name: string) => `Copy ${name}`,
  remove: "Delete",
  removeOf: (name: string) => `Delete ${name}`,
  removed: (name: string) => `“${name}” is deleted.`,
  undo: "Undo",
  bringIn: "Bring one in",
  drop: "Drop a zip or the files of an adapter here, or",
  chooseFile: "choose files…",
  hub: "From the Hugging Face Hub",
  hubPlaceholder: "owner/name",
  fetch: "Fetch",
  adding: "Looking at it…",
  added: (name: string) => `“${name}” is on the shelf.`,
  mix: "Mix two",
  mixSays: "The sum of both changes, as one adapter: a voice with a body of knowledge, say.",
  first: "This one",
  second: "with this one",
  share: (first: number, second: number) => `${first} % and ${second} %`,
  shareLabel: "How much of the second",
  mixName: (first: string, second: string) => `${first} + ${second}`,
  mixNow: "Mix them",
  mixing: "Mixing…",
  notKept: "This browser keeps nothing between visits: take home what you want to keep.",
  failures,
};
