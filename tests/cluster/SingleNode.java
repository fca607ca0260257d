import java.util.Arrays;

import org.codelibs.opensearch.runner.OpenSearchRunner;

/** One node in a process of its own, so that it can be killed: name, folder, port, transport port, those of all. */
public final class SingleNode {
    public static void main(final String[] args) throws Exception {
        final String[] transports = args[4].split(",");
        final OpenSearchRunner runner = new OpenSearchRunner();
        runner.onBuild((number, settings) -> {
            settings.put("node.name", args[0]);
            settings.put("network.host", "127.0.0.1");
            settings.put("http.port", args[2]);
            settings.put("transport.port", args[3]);
            settings.putList("discovery.seed_hosts", transports);
            settings.putList("cluster.initial_cluster_manager_nodes", names(transports.length));
            settings.put("cluster.routing.allocation.disk.threshold_enabled", false);
            settings.put("cluster.routing.allocation.node_concurrent_recoveries", 8);
            settings.put("bootstrap.memory_lock", false);
        }).build("-basePath", args[1], "-clusterName", "zhida-tests", "-numOfNode", "1");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                runner.close();
            } catch (final Exception closing) {
                // the process ends anyway
            }
        }));
        Thread.currentThread().join();
    }

    private static String[] names(final int count) {
        final String[] names = new String[count];
        Arrays.setAll(names, number -> "n" + number);
        return names;
    }
}
