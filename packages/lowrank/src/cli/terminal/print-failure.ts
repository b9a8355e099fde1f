// Prints one clear message for an error; the stack only with LOWRANK_DEBUG=1.

import { LowrankError } from "@lowrank/contracts";
import { escapeControls } from "@lowrank/contracts/internal";
import pc from "picocolors";
import { NamingError } from "../../errors/named-option.ts";
import type { CommandIo } from "../io.ts";
import { asDataFlags, asFlags } from "./as-flags.ts";

/** Prints the error on stderr. `LOWRANK_DEBUG=1` adds the stack and the causes. */
export function printFailure(error: unknown, io: CommandIo): void {
  const colors = pc.createColors(io.hasColors);
  const wantsStack = Boolean(io.environment.LOWRANK_DEBUG);
  io.stderr(`${colors.red("error:")} ${escapeControls(messageOf(error))}\n`);
  if (wantsStack) io.stderr(`${escapeControls(stackOf(error))}\n`);
  else if (!LowrankError.isInstance(error) && !isSystemError(error)) {
    io.stderr("This was not foreseen. LOWRANK_DEBUG=1 shows where it happened; please report it with that output.\n");
  }
}

/** Codes of errors that name the options of a data file's reader. */
const aboutData: ReadonlySet<string> = new Set(["DATA_BROKEN_ROWS", "DATA_UNREADABLE_FILE"]);

function messageOf(error: unknown): string {
  if (error instanceof NamingError || isDifferentBase(error)) return asFlags(error.message);
  if (LowrankError.isInstance(error) && aboutData.has(error.code)) return asDataFlags(error.message);
  return error instanceof Error ? error.message : String(error);
}

/** A package below names an option that this one has, too. */
function isDifferentBase(error: unknown): error is LowrankError {
  return LowrankError.isInstance(error) && error.code === "ADAPTER_FOR_ANOTHER_BASE";
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error && "code" in error;
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const stack = error.stack ?? "";
  return error.cause === undefined ? stack : `${stack}\ncaused by: ${stackOf(error.cause) || String(error.cause)}`;
}
