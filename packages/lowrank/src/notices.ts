// Who is told what a person should know while work goes on: a program's listeners, or the command line's report.

import type { Warning, WarningListener } from "@lowrank/contracts";
import { given } from "./given.ts";

/** Listens; the library itself never prints. */
export interface Notices {
  warn(warning: Warning): void;
  /** Hears what goes on meanwhile, such as each file that is fetched. */
  note?(line: string): void;
  /** Hears how far a long measurement is. */
  count?(of: { readonly what: string; readonly total: number }): Count;
}

export interface Count {
  add(done: number): void;
  stop(): void;
}

/** What a caller of the library may listen with. */
export interface NoticeOptions {
  readonly onWarning?: WarningListener | undefined;
  /** Hears of each file that is fetched from the Hub, and of settings that a model's files give. */
  readonly onNote?: ((line: string) => void) | undefined;
}

/** The options as listeners; what nobody listens to is dropped. */
export function noticesOf({ onWarning, onNote }: NoticeOptions): Notices {
  return { warn: onWarning ?? (() => undefined), ...given({ note: onNote }) };
}
