// Warnings and progress notes, for a program's listeners or the command line's report.

import type { Warning, WarningListener } from "@lowrank/contracts";
import { omitUndefined } from "./omit-undefined.ts";

/** Receives notices; the library itself never prints. */
export interface Notices {
  warn(warning: Warning): void;
  /** Called with progress notes, such as each downloaded file. */
  note?(line: string): void;
  /** Called at the start of long work; returns a progress counter. */
  count?(of: { readonly what: string; readonly total: number }): Count;
}

export interface Count {
  add(done: number): void;
  stop(): void;
}

/** Listeners for warnings and notes. */
export interface NoticeOptions {
  readonly onWarning?: WarningListener | undefined;
  /** Called for each file downloaded from the Hub, and for settings from a model's files. */
  readonly onNote?: ((line: string) => void) | undefined;
}

/** The options as listeners; notices without a listener are dropped. */
export function noticesOf({ onWarning, onNote }: NoticeOptions): Notices {
  return { warn: onWarning ?? (() => undefined), ...omitUndefined({ note: onNote }) };
}
