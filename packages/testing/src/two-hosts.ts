// Two machines inside of this one, as two network namespaces with a cable between them: each has a name, an address and processes of
// its own. Needs root and iproute2.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Two machines. */
export interface TwoHosts {
  /** For `mpiRun`, which then starts on the first machine and puts every second process on the other one. */
  readonly within: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Sends a signal to every process of the second machine: SIGKILL for a power cut, SIGSTOP for a machine that hangs. */
  signalSecond(signal: "SIGKILL" | "SIGSTOP"): void;
  /** Pulls the cable out. */
  unplug(): void;
  remove(): void;
}

/** Makes two machines, or returns the reason why this is not possible. */
export function makeTwoHosts(): TwoHosts | { readonly reason: string } {
  if (process.getuid?.() !== 0) return { reason: "network namespaces need root" };
  if (spawnSync("ip", ["-V"]).status !== 0) return { reason: "there is no ip (apt-get install iproute2)" };
  const names = ["a", "b"].map((side) => `lowrank-${process.pid}-${side}`) as [string, string];
  const folder = mkdtempSync(join(tmpdir(), "lowrank-hosts-"));
  const failure = connect(names);
  if (failure !== undefined) {
    removeAll(names, folder);
    return { reason: `network namespaces are refused: ${failure}` };
  }
  const enter = writeScripts(folder, names);
  const [first, second] = names;
  return {
    within: [enter, first],
    environment: {
      OMPI_MCA_btl: "self,tcp",
      OMPI_MCA_btl_tcp_if_include: network,
      OMPI_MCA_pml: "ob1",
      PRTE_MCA_prte_if_include: network,
      PRTE_MCA_plm_ssh_agent: join(folder, "agent"),
      PRTE_MCA_plm_ssh_no_tree_spawn: "1",
      PRTE_MCA_prte_default_hostfile: join(folder, "hostfile"),
      PRTE_MCA_rmaps_default_mapping_policy: "ppr:1:node",
    },
    signalSecond: (signal) => {
      const { stdout } = spawnSync("ip", ["netns", "pids", second], { encoding: "utf8" });
      for (const pid of stdout.split("\n").filter((line) => line !== "")) process.kill(Number(pid), signal);
    },
    unplug: () => void ip("-n", second, "link", "set", "cable", "down"),
    remove: () => removeAll(names, folder),
  };
}

/** An address range for documentation and tests (RFC 5737). */
const network = "198.51.100.0/24";
const addresses = ["198.51.100.1", "198.51.100.2"] as const;

/** Connects the machines; returns the problem if there is one. */
function connect([first, second]: readonly [string, string]): string | undefined {
  const steps = [
    ["netns", "add", first],
    ["netns", "add", second],
    ["link", "add", "cable", "netns", first, "type", "veth", "peer", "name", "cable", "netns", second],
    ...[first, second].flatMap((name, position) => [
      ["-n", name, "addr", "add", `${addresses[position]}/24`, "dev", "cable"],
      ["-n", name, "link", "set", "cable", "up"],
      ["-n", name, "link", "set", "lo", "up"],
    ]),
  ];
  for (const step of steps) {
    const failure = ip(...step);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

function ip(...words: readonly string[]): string | undefined {
  const { status, stderr } = spawnSync("ip", words, { encoding: "utf8" });
  return status === 0 ? undefined : `ip ${words.join(" ")}: ${stderr.trim()}`;
}

/** The program that enters a machine, and the one that mpirun uses as ssh. */
function writeScripts(folder: string, names: readonly [string, string]): string {
  const [enter, agent, hosts] = ["enter", "agent", "hosts"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const lines = names.map((name, position) => `${addresses[position]} ${name}\n`).join("");
  writeFileSync(hosts, `127.0.0.1 localhost\n${lines}`);
  writeFileSync(join(folder, "hostfile"), names.map((name) => `${name} slots=1\n`).join(""));
  const inside = `mount --bind ${hosts} /etc/hosts && hostname "$0" && exec "$@"`;
  const script = `#!/bin/sh\nhost=$1; shift\nexec nsenter --net=/run/netns/"$host" unshare --uts --mount sh -c '${inside}' "$host" "$@"\n`;
  writeFileSync(enter, script, { mode: 0o755 });
  writeFileSync(agent, `#!/bin/sh\nhost=$1; shift\nexec ${enter} "$host" sh -c "$*"\n`, { mode: 0o755 });
  return enter;
}

function removeAll(names: readonly string[], folder: string): void {
  for (const name of names) {
    const { stdout } = spawnSync("ip", ["netns", "pids", name], { encoding: "utf8" });
    for (const pid of (stdout ?? "").split("\n").filter((line) => line !== "")) process.kill(Number(pid), "SIGKILL");
    ip("netns", "del", name);
  }
  rmSync(folder, { recursive: true, force: true });
}
