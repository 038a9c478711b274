/** `next build` writes plain files where it is told to. */
export default { output: process.env.STATIC_EXPORT ? 'export' : undefined };
