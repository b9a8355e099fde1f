// Adapters that the browser keeps.

import type { AdapterSettings, TrainingSettings } from "./run.ts";

export interface ShelfEntry {
  readonly id: string;
  readonly name: string;
  /** The base that it belongs to: its name, where others find it, and whether it has a chat template. */
  readonly model: string;
  readonly address: string | undefined;
  readonly chats: boolean;
  /** Milliseconds since 1970. */
  readonly made: number;
  readonly bytes: number;
  readonly rank: number;
  /** The prompt that was watched while it was trained. */
  readonly question?: string | undefined;
  readonly origin: "trained" | "dropped" | "mixed";
  /** For a trained adapter: its settings, and its curve as [step, loss] pairs. */
  readonly settings?: { readonly adapter: AdapterSettings; readonly training: TrainingSettings } | undefined;
  readonly curve?: readonly (readonly [number, number])[] | undefined;
}

/** Sums adapters with weights; ranks add up. */
export interface MixRequest {
  readonly name: string;
  readonly parts: readonly { readonly id: string; readonly weight: number }[];
}
