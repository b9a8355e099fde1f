// The constants that C programs get from mpi.h, for the three binary interfaces (ABIs) in use. Open MPI: handles are addresses of
// variables in the library. MPICH, Intel MPI and MVAPICH: handles are numbers (https://www.mpich.org/abi/). The common ABI of MPI 5.0,
// chapter 20: handles are small addresses (mpi_abi.h).

import type { KoffiLibrary } from "./koffi.ts";

/** The handles of a library, and their C type. */
export interface Handles {
  readonly type: "void *" | "int";
  readonly world: unknown;
  readonly float: unknown;
  readonly double: unknown;
  readonly byte: unknown;
  readonly sum: unknown;
  readonly errorsReturn: unknown;
  /** MPI_IN_PLACE: passed as the send buffer, it makes the receive buffer the input. */
  readonly inPlace: bigint;
  /** MPI_THREAD_MULTIPLE: any thread may call. Our calls wait on a thread of their own, while another may abort. */
  readonly threadMultiple: number;
}

export function handlesOf(library: KoffiLibrary): Handles {
  const symbol = (name: string) => library.symbol(`ompi_mpi_${name}`);
  if (isCommon(library)) return common;
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
    threadMultiple: 3,
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
  threadMultiple: 3,
};

const common: Handles = {
  type: "void *",
  world: 0x101n,
  float: 0x210n,
  double: 0x214n,
  byte: 0x247n,
  sum: 0x21n,
  errorsReturn: 0x143n,
  inPlace: 1n,
  threadMultiple: 4096,
};

/** Whether the library has the common ABI. A library may have a second file with its own ABI, which reports version −1. */
function isCommon(library: KoffiLibrary): boolean {
  if (!hasSymbol(library, "MPI_Abi_get_version")) return false;
  const [major, minor] = [[0], [0]];
  library.func("MPI_Abi_get_version", "int", ["_Out_ int *", "_Out_ int *"])(major, minor);
  return major[0] === 1;
}

function isOpenMpi(library: KoffiLibrary): boolean {
  return hasSymbol(library, "ompi_mpi_comm_world");
}

function hasSymbol(library: KoffiLibrary, name: string): boolean {
  try {
    library.symbol(name);
    return true;
  } catch {
    return false;
  }
}
