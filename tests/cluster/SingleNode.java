import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.codelibs.opensearch.runner.OpenSearchRunner;

/**
 * One node in a process of its own, so that it can be killed: name, folder, port, transport port, those of all, then
 * further settings as name=value. The property "plugin" names the class of a plugin.
 */
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
            for (int i = 5; i < args.length; i++) {
                final int equals = args[i].indexOf('=');
                settings.put(args[i].substring(0, equals), args[i].substring(equals + 1));
            }
        }).build(options(args[1]));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                runner.close();
            } catch (final Exception closing) {
                // the process ends anyway
            }
        }));
        Thread.currentThread().join();
    }

    private static String[] options(final String folder) {
        final List<String> options = new ArrayList<>(
                List.of("-basePath", folder, "-clusterName", "zhida-tests", "-numOfNode", "1"));
        final String plugin = System.getProperty("plugin");
        if (plugin != null) {
            options.addAll(List.of("-pluginTypes", plugin));
        }
        return options.toArray(new String[0]);
    }

    private static String[] names(final int count) {
        final String[] names = new String[count];
        Arrays.setAll(names, number -> "n" + number);
        return names;
    }
}
