// What is made of a configuration's lists lives as long as they do: a cache of a fixed size would be emptied over and over
// by a configuration that is larger.

/** The function, which computes once for each list, map or object that it is given. These must not change later. */
export function oncePer<Owner extends object, Made>(make: (owner: Owner) => Made): (owner: Owner) => Made {
  const known = new WeakMap<Owner, Made>();
  return (owner) => {
    if (!known.has(owner)) known.set(owner, make(owner));
    return known.get(owner) as Made;
  };
}
