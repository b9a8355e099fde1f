import { expect, it } from "vitest";
import { launchOf } from "./launch.ts";

it.each([
  [{ OMPI_COMM_WORLD_RANK: "3", OMPI_COMM_WORLD_SIZE: "4", OMPI_COMM_WORLD_LOCAL_SIZE: "2" }, 3, 4, 2],
  [{ PMI_RANK: "0", PMI_SIZE: "2", MPI_LOCALNRANKS: "2" }, 0, 2, 2],
  [{ SLURM_PROCID: "5", SLURM_STEP_NUM_TASKS: "6", SLURM_STEP_TASKS_PER_NODE: "2(x3)", PMIX_RANK: "5" }, 5, 6, 2],
])("reads its place from the launcher's variables %o", (environment, rank, size, localSize) => {
  expect(launchOf(environment)).toMatchObject({ rank, size, localSize });
});

it.each([
  ["nobody launched it", {}],
  ["it was launched alone", { OMPI_COMM_WORLD_RANK: "0", OMPI_COMM_WORLD_SIZE: "1" }],
  ["it is the script of a batch job", { SLURM_PROCID: "0", SLURM_NTASKS: "8" }],
  ["a variable is no number", { PMI_RANK: "x", PMI_SIZE: "2" }],
])("is alone where %s", (_, environment) => {
  expect(launchOf(environment)).toBeUndefined();
});
