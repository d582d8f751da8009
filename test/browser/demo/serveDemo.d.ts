/** Serves the chat over a demo hub at `/`, and the Markdown view alone at `/spec`, on loopback. */
export declare class DemoServer {
    #private;
    readonly origin: string;
    private constructor();
    static start(): Promise<DemoServer>;
    stop(): Promise<void>;
}
//# sourceMappingURL=serveDemo.d.ts.map