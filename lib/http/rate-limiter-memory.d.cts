// The main module loads a limiter for each kind of database, which takes five times as long. rate-limiter-flexible
// documents this path, but has no types for it.
declare module 'rate-limiter-flexible/lib/RateLimiterMemory.js' {
  import { RateLimiterMemory } from 'rate-limiter-flexible'
  export = RateLimiterMemory
}
