// An uploaded file as it is stored; its content is next to it.

import type { StoredObject } from "./object-store.ts";

export interface StoredFile extends StoredObject {
  readonly created_at: number;
  readonly bytes: number;
  /** The client's name, which is never used as a path. */
  readonly filename: string;
  /** The method of fine-tuning that its rows are for. */
  readonly method: string;
}

/** The object of OpenAI's API. */
export function fileFacts({ order: _, method: _method, ...facts }: StoredFile) {
  return { object: "file", ...facts, purpose: "fine-tune", status: "processed" };
}
