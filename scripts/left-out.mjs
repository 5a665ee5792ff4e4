/** What a package imports and needs only for what we do not use stays out of the bundle. */

const leftOut = {
  /** For schemas and migrations, of which the sessions have none: 280 KB, parsed at every start of `upload`. */
  conf: ['ajv/dist/2020.js', 'ajv-formats', 'semver'],
  /** For subcommands that are programs of their own: it loads Node's network modules, at every start. */
  commander: ['node:child_process'],
};

/**
 * Rolldown plugin. Who uses them after all gets an error with their name; the build fails when the package imports one no
 * longer.
 * @param {keyof typeof leftOut} name of the package
 */
export function leftOutOf(name) {
  const prefix = `\0left-out-of-${name}:`;
  const met = new Set();
  return {
    name: `left-out-of-${name}`,
    resolveId(source, importer) {
      if (!leftOut[name].includes(source) || !importer?.includes(`/node_modules/${name}/`)) return null;
      met.add(source);
      return prefix + source;
    },
    load(id) {
      if (!id.startsWith(prefix)) return null;
      const message = JSON.stringify(
        `${id.slice(prefix.length)} is left out of the bundle (scripts/left-out.mjs)`,
      );
      return `
        const refuse = () => { throw new Error(${message}); };
        export class Ajv2020 { constructor() { refuse(); } }
        export const spawn = refuse;
        export default new Proxy({}, { get: refuse });
      `;
    },
    buildEnd(error) {
      const gone = leftOut[name].filter((source) => !met.has(source));
      if (!error && gone.length > 0) this.error(`${name} does not import ${gone.join(', ')} any more`);
    },
  };
}
