import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;

@RestController
public class WhoamiController {
    @GetMapping(value = "/", produces = "text/plain;charset=utf-8")
    public String whoami(
            @RequestHeader("Remote-User") String userid,
            @RequestHeader("Remote-Name") String name,
            @RequestHeader(value = "Remote-Groups", defaultValue = "") String groups) {
        String departments = Stream.of(groups.split(",")).map(WhoamiController::decode).collect(Collectors.joining(" · "));
        return decode(name) + " (" + userid + "): " + departments;
    }

    static String decode(String value) {
        return URLDecoder.decode(value, StandardCharsets.UTF_8);
    }
}
