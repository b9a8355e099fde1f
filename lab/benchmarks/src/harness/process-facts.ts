// Linux's facts about a process, and about the machine.

import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { generationOf, instructionSets } from "./instruction-sets.ts";

/** Largest resident memory of a process so far, in MB of 2²⁰ bytes. */
export function peakMemoryMb(pid: number): number {
  return memoryMb(pid, "VmHWM");
}

/** Its resident memory now, or another figure of /proc/<pid>/status. */
export function memoryMb(pid: number, name = "VmRSS"): number {
  const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  if (kilobytes === undefined) throw new Error(`/proc/${pid}/status does not say ${name}`);
  return Number(kilobytes) / 1024;
}

/** Seconds of processor time that a process has used, all threads together. */
export function processorSeconds(pid: number): number {
  const line = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The second field is the program's name in brackets and may hold spaces.
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]); // utime, stime
  return ticks / 100; // Linux reports in hundredths of a second, whatever its own clock.
}

/** The processor's name and generation, its instructions for products and how many of its threads this machine has. */
export function processorName(): string {
  const [first] = cpus();
  const cpuinfo = readFileSync("/proc/cpuinfo", "utf8");
  const [sets, generation] = [instructionSets(cpuinfo), generationOf(cpuinfo)];
  const has = sets.length === 0 ? "" : ` with ${sets.join(", ")}`;
  const made = generation === undefined ? "" : ` (${generation})`;
  return `${first?.model.trim() ?? "unknown"}${made}${has}, ${cpus().length} threads`;
}
