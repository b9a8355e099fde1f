// What C programs get from mpi.h at compile time, for each of the two binary interfaces that are in use: Open MPI's, whose handles
// are addresses of variables of the library, and MPICH's – also of Intel MPI and MVAPICH –, whose handles are numbers
// (https://www.mpich.org/abi/). MPI 5.0 has a third one for all, which no library that could be tried here has.

import type { KoffiLibrary } from "./koffi.ts";

/** The handles of a library, and of which C type they are. */
export interface Handles {
  readonly type: "void *" | "int";
  readonly world: unknown;
  readonly float: unknown;
  readonly double: unknown;
  readonly byte: unknown;
  readonly sum: unknown;
  readonly errorsReturn: unknown;
  /** In the place of what is sent: what is received is sent. */
  readonly inPlace: bigint;
}

/** Those of a loaded library. */
export function handlesOf(library: KoffiLibrary): Handles {
  const symbol = (name: string) => library.symbol(`ompi_mpi_${name}`);
  if (!isOpenMpi(library)) return mpich;
  return {
    type: "void *",
    world: symbol("comm_world"),
    float: symbol("float"),
    double: symbol("double"),
    byte: symbol("byte"),
    sum: symbol("op_sum"),
    errorsReturn: symbol("errors_return"),
    inPlace: 1n,
  };
}

const mpich: Handles = {
  type: "int",
  world: 0x44000000,
  float: 0x4c00040a,
  double: 0x4c00080b,
  byte: 0x4c00010d,
  sum: 0x58000003,
  errorsReturn: 0x54000001,
  inPlace: -1n,
};

function isOpenMpi(library: KoffiLibrary): boolean {
  try {
    library.symbol("ompi_mpi_comm_world");
    return true;
  } catch {
    return false;
  }
}
