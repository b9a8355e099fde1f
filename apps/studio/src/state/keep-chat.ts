// The conversation and its settings are there again on the next visit.

import { effect } from "@preact/signals";
import { readJsonFile, writeJsonFile } from "../storage/json-file.ts";
import type { Store } from "../storage/store.ts";
import { type ChatSettings, type ChatState, defaultChatSettings, type Exchange } from "./chat.ts";
import type { Debounced } from "./debounced.ts";

interface KeptChat {
  readonly exchanges: readonly Exchange[];
  readonly settings: Partial<ChatSettings>;
}

export interface ChatKeeping {
  readonly store: Store;
  readonly soon: Debounced;
}

const path = "chat.json";

/** Brings back what was kept, and keeps what comes. */
export async function keepChat(chat: ChatState, { store, soon }: ChatKeeping): Promise<void> {
  const kept = await readJsonFile(store, path, isKeptChat);
  if (kept !== undefined && chat.exchanges.value.length === 0) {
    chat.exchanges.value = kept.exchanges;
    chat.settings.value = { ...defaultChatSettings, ...kept.settings };
  }
  effect(() => {
    const facts: KeptChat = { exchanges: chat.exchanges.value, settings: chat.settings.value };
    // The conversation goes on where the disk takes no more; the table of rows says so.
    soon(() => void writeJsonFile(store, path, facts).catch(() => {}));
  });
}

function isKeptChat(value: unknown): value is KeptChat {
  if (typeof value !== "object" || value === null || !("exchanges" in value) || !("settings" in value)) return false;
  const { exchanges, settings } = value;
  const isExchange = (each: unknown) => typeof each === "object" && each !== null && "says" in each;
  return Array.isArray(exchanges) && exchanges.every(isExchange) && typeof settings === "object" && settings !== null;
}
