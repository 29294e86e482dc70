// Which of a client's methods a story calls, told by the client itself.

const prototypes = (object) => {
  const all = [];
  for (let p = Object.getPrototypeOf(object); p && p !== Object.prototype; p = Object.getPrototypeOf(p)) all.push(p);
  return all;
};

/** Managers below a manager: the newest client makes them in getters, auth0@4 has none. */
const managers = (object) => prototypes(object).flatMap((p) => Object.entries(Object.getOwnPropertyDescriptors(p)).filter(([name, d]) => d.get && !name.startsWith('_')).map(([name]) => name));

/** Paths of all methods of these groups: 'users.roles.assign'. A group that the client does not have is an error. */
export function methodsOf(client, groups) {
  const found = [];
  const look = (object, path) => {
    for (const [name, d] of Object.entries(Object.getOwnPropertyDescriptors(prototypes(object)[0])))
      if (typeof d.value === 'function' && name !== 'constructor' && !name.startsWith('_')) found.push(`${path}.${name}`);
    for (const name of managers(object)) look(object[name], `${path}.${name}`);
  };
  for (const group of groups) look(client[group], group);
  return found;
}

/** The same client; called gets the path of each method that has been answered. */
export function watch(object, called, path = '') {
  return new Proxy(object, {
    get(target, name) {
      const value = target[name], here = path ? `${path}.${name}` : name;
      if (typeof value === 'function')
        return async (...args) => {
          try {
            return await value.apply(target, args);
          } finally {
            called.add(here);
          }
        };
      return value && typeof value === 'object' ? watch(value, called, here) : value;
    },
  });
}
