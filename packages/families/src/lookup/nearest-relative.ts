// Which supported name an unknown one is most like: what its models most probably compute like.

/** For a message, behind the unknown name: ", whose nearest relative is "bert"", or nothing. */
export function withRelative(unknown: unknown, supported: readonly string[]): string {
  const nearest = typeof unknown === "string" ? nearestRelative(unknown, supported) : undefined;
  return nearest === undefined ? "" : `, whose nearest relative is "${nearest}"`;
}

/** The one whose name is part of the unknown one's, or begins most alike; undefined where fewer than three letters agree. */
function nearestRelative(unknown: string, supported: readonly string[]): string | undefined {
  const alike = (name: string): number => {
    if (unknown.includes(name)) return name.length;
    const end = [...name].findIndex((letter, index) => letter !== unknown[index]);
    return end === -1 ? name.length : end;
  };
  const [nearest] = [...supported].sort((one, other) => alike(other) - alike(one));
  return nearest === undefined || alike(nearest) < 3 ? undefined : nearest;
}
