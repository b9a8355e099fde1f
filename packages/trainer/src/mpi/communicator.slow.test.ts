// Real processes on the MPI of this machine; skipped where it has none (apt-get install openmpi-bin mpich).

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findPrepared } from "@lowrank/testing/cache-folder";
import { hasMpi, mpiLaunchers, mpiRun } from "@lowrank/testing/mpi";
import { describe, expect, it } from "vitest";

const program = fileURLToPath(new URL("../../test/mpi/exchange.ts", import.meta.url));
const besideFullHeap = fileURLToPath(new URL("../../test/mpi/exchange-with-full-heap.ts", import.meta.url));

const prepared = findPrepared("cluster-venv");
const folder = "folder" in prepared ? prepared.folder : "";
/** MPICH 5 has the common interface in a separate library. */
const common = [
  `the common interface of MPI 5.0${"missing" in prepared ? ` (${prepared.missing})` : ""}`,
  join(folder, "bin/mpiexec"),
  { LOWRANK_MPI_LIBRARY: join(folder, "lib/libmpi_abi.so.1") },
] as const;

describe.each([...Object.entries(mpiLaunchers).map(([name, launcher]) => [name, launcher, {}] as const), common])(
  "%s",
  (_name, launcher, environment) => {
    it.skipIf(!hasMpi(launcher)).each([
      ["", program],
      [", also where the heap cannot grow", besideFullHeap],
    ])(
      "sums, broadcasts, compares, takes its time, and refuses lengths that differ, in each of 2 processes%s",
      async (_where, program) => {
        const { code, stdout, stderr } = await mpiRun([program], { ranks: 2, launcher, environment });
        expect([code, stderr]).toEqual([0, expect.any(String)]);
        const lines = stdout
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line));
        expect(lines.map(({ rank }) => rank).sort()).toEqual([0, 1]);
        for (const line of lines) {
          expect(line).toMatchObject({ size: 2, isRight: true, received: [7, 8, 9] });
          expect(line.times.map(({ values }: { values: number }) => values)).toEqual([1, 1000]);
          for (const { milliseconds } of line.times) expect(milliseconds).toBeGreaterThan(0);
          expect(line.refused).toEqual([
            expect.stringContaining('process 1: base is "other", in process 0 "one"'),
            expect.stringContaining("as many numbers as the other processes give"),
            expect.stringContaining("a root from 0 to 1"),
          ]);
        }
      },
    );
  },
);

describe.each(Object.entries(mpiLaunchers))("%s", (name, launcher) => {
  const others = Object.values(mpiLaunchers).filter((other) => other !== launcher);
  it.skipIf(![launcher, ...others].every(hasMpi))(`refuses the library of another MPI than ${name}'s`, async () => {
    const library = name === "MPICH" ? "libmpi.so.40" : "libmpich.so.12";
    const { code, stderr } = await mpiRun([program], {
      ranks: 2,
      launcher,
      environment: { LOWRANK_MPI_LIBRARY: library },
    });
    expect(code).not.toBe(0);
    expect(stderr).toContain("Start with the mpirun of that library");
  });
});
