// scripts/cluster, as far as a machine without a cluster can tell: its files are read, and what they call is there.

import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findPrepared } from "@lowrank/testing/cache-folder";
import { expect, it, type TestContext } from "vitest";
import { parse, stringify } from "yaml";
import { recordingIo } from "../../../test/recording-io.ts";
import { kubernetesJob } from "../../sweep/scripts.ts";
import { createProgram } from "../program.ts";

const folder = fileURLToPath(new URL("../../../../../scripts/cluster/", import.meta.url));
const [slurm, kubernetes, image] = ["train.sbatch", "mpijob.yaml", "Containerfile"].map((name) =>
  readFileSync(folder + name, "utf8"),
) as [string, string, string];

/** The fields of MPIJob v2beta1 that are used here (kubeflow/mpi-operator, pkg/apis/kubeflow/v2beta1/types.go). */
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

it("the manifest has the required fields of an MPIJob, and no unknown ones", () => {
  expect([job.apiVersion, job.kind]).toEqual(["kubeflow.org/v2beta1", "MPIJob"]);
  // From the operator's CRD (0.8.0, manifests/base/kubeflow.org_mpijobs.yaml), without its copy of Kubernetes' own pods.
  const values: Readonly<Record<string, RegExp>> = {
    slotsPerWorker: /^\d+$/,
    launcherCreationPolicy: /^(AtStartup|WaitForWorkersReady)$/,
    mpiImplementation: /^(OpenMPI|Intel|MPICH)$/,
    sshAuthMountPath: /^\//,
    cleanPodPolicy: /^(None|Running|All)$/,
    backoffLimit: /^\d+$/,
  };
  const { runPolicy, mpiReplicaSpecs, ...others } = job.spec;
  expect(Object.keys(mpiReplicaSpecs)).toEqual(["Launcher", "Worker"]);
  for (const [name, value] of Object.entries({ ...others, ...(runPolicy as object) }))
    expect(`${name}: ${value}`).toMatch(new RegExp(`^${name}: ${values[name]?.source.slice(1) ?? "no such field"}`));
  const { Launcher, Worker } = job.spec.mpiReplicaSpecs;
  expect(Launcher.replicas).toBe(1);
  expect(launched).toContain(`-np ${Worker.replicas * job.spec.slotsPerWorker} `);
  for (const { restartPolicy, template, ...more } of [Launcher, Worker]) {
    expect(Object.keys(more)).toEqual(["replicas"]);
    expect(["Never", "OnFailure"]).toContain(restartPolicy);
    const volumes = template.spec.volumes.map(({ name }) => name);
    for (const { image: name, volumeMounts } of template.spec.containers) {
      expect(name).toMatch(/lowrank/);
      for (const mount of volumeMounts) expect(volumes).toContain(mount.name);
    }
  }
});

it("both treat only completed.json as success, and the image has the programs that they call", () => {
  for (const script of [slurm, launched])
    expect(script.trim().split("\n").at(-1)).toBe('test -f "$OUT/completed.json"');
  for (const name of ["openmpi-bin", "openssh-server", "lowrank@"]) expect(image).toContain(name);
});

/** A program that looks at such files; the test says so where it is not here. */
function checker(name: string, { skip }: TestContext): string {
  const found = findPrepared("cluster-venv");
  if ("folder" in found) return join(found.folder, "bin", name);
  console.log(`skipped: ${name}: ${found.missing}`);
  return skip(found.missing);
}

it("Kubernetes' own schemas accept the pods and a sweep's Job", async (context) => {
  const program = checker("kubernetes-validate", context);
  const pods = Object.entries(job.spec.mpiReplicaSpecs).map(([name, { template, restartPolicy }]) => {
    const spec = { restartPolicy, ...template.spec };
    return stringify({ apiVersion: "v1", kind: "Pod", metadata: { name: name.toLowerCase() }, spec });
  });
  const sweep = await kubernetesJob({ sets: ["rank=4,8"], out: "sweep" }, "model: m\n", 2);
  const check = (input: string) => spawnSync(program, ["--strict", "-"], { input, encoding: "utf8" });
  for (const document of [...pods, ...sweep.split("---\n")]) {
    const { status, stdout, stderr } = check(document);
    expect(status, `${stdout}${stderr}`).toBe(0);
  }
  expect(check(sweep.split("---\n")[1]?.replace("completionMode", "completionMod") ?? "").status).not.toBe(0);
});

it("hadolint finds nothing to say of the image", (context) => {
  const { status, stdout } = spawnSync(checker("hadolint", context), ["-"], { input: image, encoding: "utf8" });
  expect([status, stdout]).toEqual([0, ""]);
});
