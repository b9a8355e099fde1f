// The npm package koffi, which calls C functions: the part of it that is used here, and how it is loaded.

import { EngineUnavailableError } from "../../engine-unavailable-error.ts";
import { importUnbundled, propertyOf } from "../../import-unbundled.ts";
import type { KoffiSettings } from "./command-line.ts";

/** An address in native memory. */
export type Address = bigint;

/** A C function. All of ours take and give addresses, numbers and typed arrays. */
export type Native = (...values: unknown[]) => unknown;

/** The part of koffi that is used here. */
export interface Koffi extends KoffiSettings {
  /** null: everything that the process has already loaded, including C's library. */
  load(path: string | null): KoffiLibrary;
  proto(result: string, parameters: readonly string[]): object;
  call(address: Address, prototype: object, ...values: unknown[]): unknown;
  decode(address: Address, prototype: object): unknown;
  view(address: unknown, bytes: number): ArrayBuffer;
  address(buffer: ArrayBufferView): Address;
}

/** A loaded library. */
export interface KoffiLibrary {
  func(name: string, result: string, parameters: readonly string[]): Native;
}

/** Version 3 has addresses as numbers; in earlier versions they are objects. */
const installKoffi = "npm install koffi@3 --include=optional";

/** Loads the package. Throws EngineUnavailableError, with the command `whenMissing` if it is not installed. */
export async function importKoffi(whenMissing: string): Promise<Koffi> {
  const module = await importUnbundled("koffi").catch((cause: unknown) => {
    const code = propertyOf(cause, "code");
    if (code === "ERR_MODULE_NOT_FOUND")
      throw new EngineUnavailableError("its package koffi is not installed", whenMissing, cause);
    const message = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    throw new EngineUnavailableError(`its package koffi could not be loaded: ${message}`, installKoffi, cause);
  });
  const koffi = propertyOf(module, "default") ?? module;
  const version = propertyOf(koffi, "version");
  if (Number.parseInt(String(version), 10) < 3)
    throw new EngineUnavailableError(`its package koffi is version ${version}; 3 or later is needed`, installKoffi);
  return koffi as Koffi;
}
