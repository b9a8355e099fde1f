// Replaces hundreds of full paths by a few endings, so that the file is readable. PEFT does the same from 20 names on
// (tuners/tuners_utils.py, _find_minimal_target_modules).

/** Shorter lists are not changed. */
const minNames = 20;

/**
 * The shortest endings that match exactly the given modules.
 *
 * @param targets Full module paths.
 * @param otherPaths Paths of all modules that must not match.
 */
export function minimalTargets(targets: readonly string[], otherPaths: readonly string[]): readonly string[] {
  if (targets.length < minNames) return targets;
  const taken = new Set(otherPaths.flatMap(endingsOf));
  const endings = new Set<string>();
  for (const target of targets) {
    const own = endingsOf(target);
    if (own.some((ending) => endings.has(ending))) continue;
    const shortest = own.find((ending) => !taken.has(ending));
    endings.add(shortest ?? target);
  }
  return endings.size < targets.length ? [...endings] : targets;
}

/** "a.b.c" → "c", "b.c", "a.b.c". */
export function endingsOf(path: string): readonly string[] {
  const parts = path.split(".");
  return parts.map((_, index) => parts.slice(parts.length - 1 - index).join("."));
}

/** Every path above a module: "a" and "a.b" for "a.b.c". */
export function containersOf(paths: readonly string[]): readonly string[] {
  const containers = new Set<string>();
  for (const path of paths)
    for (let dot = path.indexOf("."); dot >= 0; dot = path.indexOf(".", dot + 1)) containers.add(path.slice(0, dot));
  return [...containers];
}
