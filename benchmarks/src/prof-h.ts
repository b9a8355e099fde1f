import * as tf from "@tensorflow/tfjs-core";
import { startTraining } from "./ours/start-training.ts";
const [name = "gpt2", batch = "4", time = "128"] = process.argv.slice(2);
const settings: any = { shape: name, rows: +batch, batch: +batch, time: +time, tokens: +time, precision: "int8", ...(JSON.parse(process.env.SET ?? "{}")) };
const t = await startTraining(settings);
const b = tf.backend() as any;
const keys = new Map<any, string>();
const s0 = b.session.bind(b);
b.session = (k: string, f: any) => { const s = s0(k, f); keys.set(s, k); return s; };
for (const [k, s] of (b as any).sessionsForProfile ?? []) keys.set(s, k);
const r0 = b.runtime.run.bind(b.runtime);
let acc = new Map<string, [number, number]>();
b.runtime.run = (s: any, i: any, o: any) => {
  const t0 = performance.now(); r0(s, i, o); const d = performance.now() - t0;
  const k = keys.get(s) ?? `product ${i[0].shape} -> ${o[0].shape.at(-1)}`;
  const e = acc.get(k) ?? [0, 0]; e[0] += d; e[1]++; acc.set(k, e);
};
for (let i = 0; i < 6; i++) await t.makeStep();
const best = new Map<string, [number, number]>(); let total = 1e9; const times: number[] = [];
for (let i = 0; i < 12; i++) {
  acc = new Map(); const t0 = performance.now(); await t.makeStep(); const d = performance.now() - t0; times.push(d);
  total = Math.min(total, d);
  for (const [k, [m, n]] of acc) { const e = best.get(k); best.set(k, [Math.min(e?.[0] ?? 1e9, m), n]); }
}
let sum = 0; for (const [, [m]] of best) sum += m;
console.log(`step min ${total.toFixed(0)} all ${times.map((x) => x.toFixed(0))}; in native ${sum.toFixed(0)}; rss ${(process.memoryUsage().rss/1e6).toFixed(0)} peak ${(process.resourceUsage().maxRSS/1e3).toFixed(0)}`);
for (const [k, [m, n]] of [...best].sort((a, b) => b[1][0] - a[1][0]).slice(0, 28)) console.log(m.toFixed(1).padStart(8), String(n).padStart(5), k);
process.exit(0);
