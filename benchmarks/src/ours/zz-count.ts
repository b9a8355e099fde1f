import * as tf from "@tensorflow/tfjs-core";
import { startTraining } from "./start-training.ts";
const settings = JSON.parse(process.argv[2]!);
const { makeStep } = await startTraining(settings);
const counts = new Map<string, number>(); let made = 0, submits = 0;
const g = globalThis as any;
let current = "";
const labels = new WeakMap<object, string>();
for (const m of ["createComputePipeline"]) { const o = g.GPUDevice.prototype[m]; g.GPUDevice.prototype[m] = function(d: any){ const r=o.call(this,d); labels.set(r, d.label ?? "?"); return r; }; }
const oa = g.GPUDevice.prototype.createComputePipelineAsync; 
const ob = g.GPUDevice.prototype.createBuffer; g.GPUDevice.prototype.createBuffer = function(d: any){ made++; return ob.call(this,d); };
const os = g.GPUQueue.prototype.submit; g.GPUQueue.prototype.submit = function(l: any){ submits++; return os.call(this,l); };
const sp = g.GPUComputePassEncoder.prototype.setPipeline; g.GPUComputePassEncoder.prototype.setPipeline = function(p: any){ current = labels.get(p) ?? "unknown"; return sp.call(this,p); };
const dw = g.GPUComputePassEncoder.prototype.dispatchWorkgroups; g.GPUComputePassEncoder.prototype.dispatchWorkgroups = function(...a: any[]){ counts.set(current,(counts.get(current)??0)+1); return dw.apply(this,a); };
for (let i=0;i<3;i++) { counts.clear(); made=0; submits=0; const s=performance.now(); await makeStep(); console.log("step",i,(performance.now()-s).toFixed(0),"ms"); }
console.log("dispatches", [...counts.values()].reduce((a,b)=>a+b,0), "made", made, "submits", submits);
for (const [k,v] of [...counts].sort((a,b)=>b[1]-a[1])) console.log(v, k);
process.exit(0);
