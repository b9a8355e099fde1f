// scripts/cluster, as far as a machine without a cluster can tell: its files are read, and what they call is there.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { createProgram } from "../program.ts";
import { recordingIo } from "../terminal/recording-io.ts";

const folder = fileURLToPath(new URL("../../../../../scripts/cluster/", import.meta.url));
const [slurm, kubernetes, image] = ["train.sbatch", "mpijob.yaml", "Containerfile"].map((name) =>
  readFileSync(folder + name, "utf8"),
) as [string, string, string];

/** What is used here of MPIJob v2beta1 (kubeflow/mpi-operator, pkg/apis/kubeflow/v2beta1/types.go). */
interface MpiJob {
  readonly apiVersion: string;
  readonly kind: string;
  readonly spec: Readonly<Record<string, unknown>> & {
    readonly slotsPerWorker: number;
    readonly mpiReplicaSpecs: Readonly<Record<"Launcher" | "Worker", Replicas>>;
  };
}

interface Replicas {
  readonly replicas: number;
  readonly restartPolicy: string;
  readonly template: {
    readonly spec: {
      readonly containers: readonly {
        readonly image: string;
        readonly args?: readonly string[];
        readonly volumeMounts: readonly { readonly name: string }[];
      }[];
      readonly volumes: readonly { readonly name: string }[];
    };
  };
}

const job: MpiJob = parse(kubernetes);
const launched = job.spec.mpiReplicaSpecs.Launcher.template.spec.containers[0]?.args?.[0] ?? "";

it.each([
  ["Slurm's script", slurm],
  ["the launcher's script", launched],
])("%s is one that bash understands, with options of lowrank train alone", (_, script) => {
  execFileSync("bash", ["-n"], { input: script });
  const call = /lowrank (\w+)((?: |\\\n|"[^"]*"|[^\n|])*)/.exec(script.replaceAll(/^#.*$/gm, ""));
  const command = createProgram(recordingIo().io).commands.find((each) => each.name() === call?.[1]);
  const options = [...(`${call?.[2]} ${/resume=\((--\w+)\)/.exec(script)?.[1]}`.match(/--[a-z-]+/g) ?? [])];
  expect(options.length).toBeGreaterThan(4);
  expect(command?.options.map(({ long }) => long)).toEqual(expect.arrayContaining(options));
});

it("Slurm's script is sent SIGUSR1 before its time is over, and begins again by the code that lowrank then has", () => {
  expect(slurm).toMatch(/^#SBATCH --signal=USR1@\d+$/m);
  expect(slurm).toMatch(/^#SBATCH --requeue$/m);
  expect(slurm).toMatch(/"\$code" = 138 .*scontrol requeue "\$SLURM_JOB_ID"/);
});

it("the manifest has what an MPIJob must, and nothing that it does not know", () => {
  expect([job.apiVersion, job.kind]).toEqual(["kubeflow.org/v2beta1", "MPIJob"]);
  const known = ["slotsPerWorker", "launcherCreationPolicy", "mpiImplementation", "sshAuthMountPath", "runPolicy"];
  expect([...known, "mpiReplicaSpecs"]).toEqual(expect.arrayContaining(Object.keys(job.spec)));
  const { Launcher, Worker } = job.spec.mpiReplicaSpecs;
  expect(Launcher.replicas).toBe(1);
  expect(launched).toContain(`-np ${Worker.replicas * job.spec.slotsPerWorker} `);
  for (const { restartPolicy, template } of [Launcher, Worker]) {
    expect(["Never", "OnFailure"]).toContain(restartPolicy);
    const volumes = template.spec.volumes.map(({ name }) => name);
    for (const { image: name, volumeMounts } of template.spec.containers) {
      expect(name).toMatch(/lowrank/);
      for (const mount of volumeMounts) expect(volumes).toContain(mount.name);
    }
  }
});

it("both take completed.json for success alone, and the image has what they call", () => {
  for (const script of [slurm, launched])
    expect(script.trim().split("\n").at(-1)).toBe('test -f "$OUT/completed.json"');
  for (const name of ["openmpi-bin", "openssh-server", "lowrank@"]) expect(image).toContain(name);
});
