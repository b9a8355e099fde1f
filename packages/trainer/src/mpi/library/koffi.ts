// Loads the npm package koffi, which calls C functions, and declares the parts that are used here.

import { mpiUnavailableError } from "../errors.ts";

/** A C function that can also be called on another thread, with a callback as its last argument. */
export interface Native {
  (...values: unknown[]): unknown;
  async(...values: unknown[]): void;
}

export interface KoffiLibrary {
  func(name: string, result: string, parameters: readonly string[]): Native;
  /** The address of a function or a variable; throws if there is none. */
  symbol(name: string): bigint;
}

export interface Koffi {
  readonly version: string;
  load(path: string | null, options?: { readonly global?: boolean }): KoffiLibrary;
}

const install = "npm install koffi@3 --include=optional";

/** Loads the package by a name that bundlers leave alone. Throws MPI_UNAVAILABLE. */
export async function importKoffi(): Promise<Koffi> {
  const name = "koffi";
  const module: { readonly default: Koffi } = await import(/* @vite-ignore */ /* webpackIgnore: true */ name).catch(
    (cause: unknown) => {
      throw mpiUnavailableError("the package koffi, which calls MPI, is not installed", install, { cause });
    },
  );
  const koffi = module.default;
  if (Number.parseInt(koffi.version, 10) >= 3) return koffi;
  throw mpiUnavailableError(`the package koffi is version ${koffi.version}; 3 or later is needed`, install);
}
