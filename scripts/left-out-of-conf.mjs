/** What `conf` imports and needs only for schemas and migrations, of which the sessions have none, stays out of the bundle. */

/** Schemas are checked by these, and versions of migrations compared by the last: 280 KB, parsed at every start of `upload`. */
const leftOut = new Set(['ajv/dist/2020.js', 'ajv-formats', 'semver']);

/** Rolldown plugin. Who uses them after all gets an error with their name; the build fails when `conf` no longer imports one. */
export function leftOutOfConf() {
  const prefix = '\0left-out-of-conf:';
  const met = new Set();
  return {
    name: 'left-out-of-conf',
    resolveId(source, importer) {
      if (!leftOut.has(source) || !importer?.includes('/node_modules/conf/')) return null;
      met.add(source);
      return prefix + source;
    },
    load(id) {
      if (!id.startsWith(prefix)) return null;
      const message = JSON.stringify(
        `${id.slice(prefix.length)} is left out of the bundle (scripts/left-out-of-conf.mjs)`,
      );
      return `
        const refuse = () => { throw new Error(${message}); };
        export class Ajv2020 { constructor() { refuse(); } }
        export default new Proxy({}, { get: refuse });
      `;
    },
    buildEnd(error) {
      const gone = [...leftOut].filter((source) => !met.has(source));
      if (!error && gone.length > 0) this.error(`conf does not import ${gone.join(', ')} any more`);
    },
  };
}
