// The best store that this browser gives.

import { memoryStore } from "./memory-store.ts";
import { opfsStore } from "./opfs-store.ts";
import type { Store } from "./store.ts";

/** The browser's disk, or memory where it is refused: then `isKept` is false, and the page says so. */
export async function openStore(): Promise<Store> {
  try {
    return await opfsStore();
  } catch {
    return memoryStore();
  }
}
